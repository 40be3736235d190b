-- Of a learner's completions of a course the one that counts.
select
  m.batch as batch,
  m.person_id as person_id,
  m.course_id as course_id,
  min(m.proof) as proof
from mapping_progress m
where m.proof is not null
group by m.batch, m.person_id, m.course_id
