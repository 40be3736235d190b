-- Completions once more, by the competencies they prove.
select
  c.batch as batch,
  c.person_id as person_id,
  k.competency_id as competency_id,
  c.mapping_id as mapping_id,
  c.rank as rank,
  c.seq as seq
from completion c
inner join mapping_competency k on k.mapping_id = c.mapping_id
