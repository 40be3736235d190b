-- Of each competency that a learner has begun (of one of several parts of a mapping is enough) what proves it: of
-- all that does what counts, null where nothing does.
select
  m.batch as batch,
  m.person_id as person_id,
  k.competency_id as competency_id,
  min(m.proof) as proof
from mapping_progress m
inner join mapping_competency k on k.mapping_id = m.mapping_id
group by m.batch, m.person_id, k.competency_id
