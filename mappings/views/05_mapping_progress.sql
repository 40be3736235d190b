-- Of each mapping that a learner has begun what proves that all its parts are complete, if they are: of one part
-- each of its statements; of several the worst level counts, and the last of the statements.
select
  e.batch as batch,
  e.person_id as person_id,
  e.course_id as course_id,
  e.mapping_id as mapping_id,
  e.level as level,
  e.completed_at as completed_at,
  e.seq as seq
from mapped_evidence e
where e.part_count = 1
union all
select
  f.batch as batch,
  f.person_id as person_id,
  f.course_id as course_id,
  f.mapping_id as mapping_id,
  case when f.proven = f.part_count then f.worst end as level,
  case when f.proven = f.part_count then f.completed_at end as completed_at,
  case when f.proven = f.part_count then f.seq end as seq
from (
  select
    p.*,
    count(p.seq) over (partition by p.batch, p.person_id, p.mapping_id) as proven,
    max(p.level) over (partition by p.batch, p.person_id, p.mapping_id) as worst,
    row_number() over (
      partition by p.batch, p.person_id, p.mapping_id
      order by p.completed_at desc nulls last, p.seq desc
    ) as place
  from part_progress p
) f
where f.place = 1
