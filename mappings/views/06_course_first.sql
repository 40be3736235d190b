-- Of a learner's completions of a course the one that counts; of equal ones the oldest mapping speaks.
select
  f.batch as batch,
  f.person_id as person_id,
  f.course_id as course_id,
  f.mapping_id as mapping_id,
  f.completed_at as completed_at,
  f.seq as seq
from (
  select
    m.*,
    row_number() over (
      partition by m.batch, m.person_id, m.course_id
      order by m.level, m.completed_at, m.seq, m.mapping_id
    ) as place
  from mapping_progress m
  where m.seq is not null
) f
where f.place = 1
