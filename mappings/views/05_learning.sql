-- Learning events: a learner and a course once, with the part of 70:20:10 that the mapping gives, and the
-- hours of the event's own record or else of the mapping. Hours may be null, which is "unknown". Of several
-- mappings in force the oldest speaks.
select
  one.batch as batch,
  one.person_id as person_id,
  one.course_id as course_id,
  m.category_id as category_id,
  coalesce(h.hours, m.hours) as hours,
  e.timestamp as completed_at,
  one.seq as seq
from (
  select
    f.batch as batch,
    f.person_id as person_id,
    f.course_id as course_id,
    f.seq as seq,
    min(c.mapping_id) as mapping_id
  from course_first f
  inner join completion c on c.batch = f.batch
    and c.person_id = f.person_id
    and c.course_id = f.course_id
    and c.seq = f.seq
  group by f.batch, f.person_id, f.course_id, f.seq
) one
inner join mapping m on m.id = one.mapping_id
inner join evidence e on e.seq = one.seq
left join evidence_hours h on h.seq = one.seq
