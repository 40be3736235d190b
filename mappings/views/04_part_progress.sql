-- Of each part of a mapping of several that a learner has begun what proves that it is complete, if anything does.
select
  f.batch as batch,
  f.person_id as person_id,
  f.course_id as course_id,
  f.mapping_id as mapping_id,
  f.part_count as part_count,
  f.part_id as part_id,
  f.level as level,
  f.completed_at as completed_at,
  f.seq as seq
from (
  select
    e.*,
    row_number() over (
      partition by e.batch, e.person_id, e.mapping_id, e.part_id
      order by e.level nulls last, e.completed_at, e.seq
    ) as place
  from mapped_evidence e
  where e.part_count > 1
) f
where f.place = 1
