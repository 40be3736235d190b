-- Of a learner's completions of a course the one that counts.
select
  c.batch as batch,
  c.person_id as person_id,
  c.course_id as course_id,
  min(c.proof) as proof
from completion c
group by c.batch, c.person_id, c.course_id
