-- Learning events: a learner and a course once, with the part of 70:20:10 that the mapping gives, and the
-- hours of the event's own record or else of the mapping; of several parts those of the mapping, for each
-- record speaks of one. Hours may be null, which is "unknown".
select
  f.batch as batch,
  f.person_id as person_id,
  f.course_id as course_id,
  m.category_id as category_id,
  case when m.part_count > 1 then m.hours else coalesce(h.hours, m.hours) end as hours,
  f.completed_at as completed_at,
  f.seq as seq
from course_first f
inner join mapping m on m.id = f.mapping_id
left join evidence_hours h on h.seq = f.seq
