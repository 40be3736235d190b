-- Statements about an activity that count as known and are accepted: by a learner of the batch, dated by the
-- end of the day asked, stored and not voided at the time of knowledge. What ranks a proof, the best level, then the
-- earliest, then the first stored, is null of work under way.
select
  l.batch as batch,
  l.person_id as person_id,
  r.course_id as course_id,
  r.mapping_id as mapping_id,
  r.part_count as part_count,
  r.part_id as part_id,
  case when r.criterion = 'complete' then e.level end as level,
  case when r.criterion = 'complete' then e.timestamp end as completed_at,
  case when r.criterion = 'complete' then e.seq end as seq
from learner_agent l
cross join evidence e
cross join course_rule r
where e.agent_id = l.agent_id
  and e.object_type = 'activity'
  and r.batch = l.batch
  and r.activity_id = e.activity_id
  and r.verb_id = e.verb_id
  and e.timestamp <= r.as_of_end
  and e.stored <= r.known_at
  and (e.voided_at is null or e.voided_at > r.known_at)
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
