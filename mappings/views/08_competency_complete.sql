-- Complete: which statement, under which mapping, at what level and when.
select
  one.batch as batch,
  one.person_id as person_id,
  one.competency_id as competency_id,
  one.mapping_id as mapping_id,
  one.seq as seq,
  e.level as level,
  e.timestamp as completed_at
from (
  select
    f.batch as batch,
    f.person_id as person_id,
    f.competency_id as competency_id,
    f.seq as seq,
    min(c.mapping_id) as mapping_id
  from competency_first f
  inner join competency_completion c on c.batch = f.batch
    and c.person_id = f.person_id
    and c.competency_id = f.competency_id
    and c.seq = f.seq
  group by f.batch, f.person_id, f.competency_id, f.seq
) one
inner join evidence e on e.seq = one.seq
