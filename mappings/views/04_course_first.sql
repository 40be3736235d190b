-- Of a learner's completions of a course the one that counts: best rank, then first stored.
select
  c.batch as batch,
  c.person_id as person_id,
  c.course_id as course_id,
  min(c.seq) as seq
from completion c
inner join (
  select
    r.batch as batch,
    r.person_id as person_id,
    r.course_id as course_id,
    min(r.rank) as rank
  from completion r
  group by r.batch, r.person_id, r.course_id
) best on best.batch = c.batch
  and best.person_id = c.person_id
  and best.course_id = c.course_id
  and best.rank = c.rank
group by c.batch, c.person_id, c.course_id
