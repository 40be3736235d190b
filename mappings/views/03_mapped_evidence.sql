-- Statements about an activity that count as known and are accepted: by a learner of the batch, dated by the
-- end of the day asked, stored and not voided at the time of knowledge.
select
  l.batch as batch,
  l.person_id as person_id,
  r.course_id as course_id,
  r.mapping_id as mapping_id,
  r.part_count as part_count,
  r.part_id as part_id,
  r.criterion as criterion,
  e.level as level,
  e.timestamp as happened_at,
  e.seq as seq
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
