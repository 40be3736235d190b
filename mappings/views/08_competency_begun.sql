-- The state of each competency that a learner has begun (one of several parts of a mapping is enough): 1 in
-- progress, 2 complete; and where it is complete which statement of all that prove it counts, under which mapping,
-- at what level and when, else null. Of equal ones the oldest mapping speaks.
select
  f.batch as batch,
  f.person_id as person_id,
  f.competency_id as competency_id,
  case when f.seq is null then 1 else 2 end as state,
  f.completed_at as completed_at,
  f.level as level,
  f.seq as seq,
  case when f.seq is not null then f.mapping_id end as mapping_id
from (
  select
    m.*,
    k.competency_id as competency_id,
    row_number() over (
      partition by m.batch, m.person_id, k.competency_id
      order by m.level nulls last, m.completed_at, m.seq, m.mapping_id
    ) as place
  from mapping_progress m
  inner join mapping_competency k on k.mapping_id = m.mapping_id
) f
where f.place = 1
