-- Every statement that completes a course under a mapping.
select
  e.batch as batch,
  e.person_id as person_id,
  e.course_id as course_id,
  e.mapping_id as mapping_id,
  e.rank as rank,
  e.seq as seq
from mapped_evidence e
where e.criterion = 'complete'
