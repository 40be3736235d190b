-- Of each part of a mapping that a learner has begun what proves that it is complete, if anything does.
select
  e.batch as batch,
  e.person_id as person_id,
  e.course_id as course_id,
  e.mapping_id as mapping_id,
  e.part_count as part_count,
  e.part_id as part_id,
  min(e.proof) as proof
from mapped_evidence e
group by e.batch, e.person_id, e.course_id, e.mapping_id, e.part_count, e.part_id
