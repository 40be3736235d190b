-- The state of each learner of the batch in each competency that a framework in force requires of anybody, and in
-- what they have begun beside these: 0 not started, 1 in progress, 2 complete. What is not started is not kept.
select
  s.batch as batch,
  s.person_id as person_id,
  s.competency_id as competency_id,
  max(s.state) as state
from (
  select
    b.batch as batch,
    b.person_id as person_id,
    r.competency_id as competency_id,
    0 as state
  from parameter p
  inner join batch_learner b on b.batch = p.batch
  inner join framework_term f on f.recorded_at <= p.known_at
    and (f.superseded_at is null or f.superseded_at > p.known_at)
    and f.valid_from <= p.as_of_day
    and (f.valid_to is null or f.valid_to >= p.as_of_day)
  inner join (select distinct q.framework_id as framework_id, q.competency_id as competency_id from requirement q) r
    on r.framework_id = f.framework_id
  union all
  select
    c.batch as batch,
    c.person_id as person_id,
    c.competency_id as competency_id,
    c.state as state
  from competency_begun c
) s
group by s.batch, s.person_id, s.competency_id
