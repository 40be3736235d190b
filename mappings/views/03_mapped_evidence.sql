-- Statements about an activity that count as known and are accepted: by a learner of the batch, dated by the
-- end of the day asked, stored and not voided at the time of knowledge. `proof` is null of work under way; else
-- it says what goes first, the best level, then the earliest, then the first stored: all three in one text of
-- fixed width, for min() to compare in this order: 1 digit of level, 18 of time (microseconds since the epoch,
-- moved above zero) and 13 of seq, each counted from where it gets its digits.
select
  l.batch as batch,
  l.person_id as person_id,
  r.course_id as course_id,
  r.mapping_id as mapping_id,
  r.part_count as part_count,
  r.part_id as part_id,
  case when r.criterion = 'complete' then
    cast(e.level as varchar(1))
    || cast(200000000000000000 + e.timestamp as varchar(18))
    || cast(1000000000000 + e.seq as varchar(13))
  end as proof
from learner_agent l
cross join evidence e
cross join course_rule r
where e.agent_id = l.agent_id
  and e.object_type = 'activity'
  and e.timestamp <= l.as_of_end
  and e.stored <= l.known_at
  and (e.voided_at is null or e.voided_at > l.known_at)
  and r.batch = l.batch
  and r.activity_id = e.activity_id
  and r.verb_id = e.verb_id
  and e.level <= r.level_at_most
  and (
    r.criterion = 'progress'
    or (
      r.criterion = 'complete'
      and coalesce(e.completion, true)
      and coalesce(e.success, true)
      and (r.score_at_least is null or e.score_scaled >= r.score_at_least)
    )
  )
