-- Of all that proves a competency the statement that counts: best rank, then first stored.
select
  c.batch as batch,
  c.person_id as person_id,
  c.competency_id as competency_id,
  min(c.seq) as seq
from competency_completion c
inner join (
  select
    r.batch as batch,
    r.person_id as person_id,
    r.competency_id as competency_id,
    min(r.rank) as rank
  from competency_completion r
  group by r.batch, r.person_id, r.competency_id
) best on best.batch = c.batch
  and best.person_id = c.person_id
  and best.competency_id = c.competency_id
  and best.rank = c.rank
group by c.batch, c.person_id, c.competency_id
