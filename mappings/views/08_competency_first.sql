-- Of all that proves a competency what counts.
select
  c.batch as batch,
  c.person_id as person_id,
  c.competency_id as competency_id,
  min(c.proof) as proof
from competency_completion c
group by c.batch, c.person_id, c.competency_id
