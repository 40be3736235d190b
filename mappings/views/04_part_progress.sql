-- Of each part of a mapping that a learner has begun the statement that completes it, if one does: best level,
-- then earliest, then first stored. All three in one text of fixed width, for min() to compare in this order:
-- 1 digit of level, 18 of time (microseconds since the epoch, moved above zero) and 13 of seq, each counted
-- from where it gets its digits.
select
  e.batch as batch,
  e.person_id as person_id,
  e.course_id as course_id,
  e.mapping_id as mapping_id,
  e.part_count as part_count,
  e.part_id as part_id,
  min(
    case when e.criterion = 'complete' then
      cast(e.level as varchar(1))
      || cast(200000000000000000 + e.happened_at as varchar(18))
      || cast(1000000000000 + e.seq as varchar(13))
    end
  ) as proof
from mapped_evidence e
group by e.batch, e.person_id, e.course_id, e.mapping_id, e.part_count, e.part_id
