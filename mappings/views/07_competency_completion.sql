-- Completions once more, by the competencies they prove.
select
  c.batch as batch,
  c.person_id as person_id,
  k.competency_id as competency_id,
  c.proof as proof
from completion c
inner join mapping_competency k on k.mapping_id = c.mapping_id
