-- Each learner of the batch in each competency that a framework in force requires of anybody, and in those that
-- they have begun: whether there is work under way (of one of several parts its completion too), and of all that
-- proves the competency what counts.
select
  s.batch as batch,
  s.person_id as person_id,
  s.competency_id as competency_id,
  max(s.begun) as begun,
  min(s.proof) as proof
from (
  select
    b.batch as batch,
    b.person_id as person_id,
    r.competency_id as competency_id,
    0 as begun,
    null as proof
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
    m.batch as batch,
    m.person_id as person_id,
    k.competency_id as competency_id,
    1 as begun,
    m.proof as proof
  from mapping_progress m
  inner join mapping_competency k on k.mapping_id = m.mapping_id
) s
group by s.batch, s.person_id, s.competency_id
