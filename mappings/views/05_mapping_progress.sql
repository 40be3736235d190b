-- Of each mapping that a learner has begun what proves that all its parts are complete, if they are: of one part
-- each of its statements; of several the worst level counts, and the last of the statements. 10 digits of the
-- mapping are added: of equal proofs the oldest mapping speaks.
select
  e.batch as batch,
  e.person_id as person_id,
  e.course_id as course_id,
  e.mapping_id as mapping_id,
  e.proof || cast(1000000000 + e.mapping_id as varchar(10)) as proof
from mapped_evidence e
where e.part_count = 1
union all
select
  p.batch as batch,
  p.person_id as person_id,
  p.course_id as course_id,
  p.mapping_id as mapping_id,
  case when count(p.proof) = p.part_count then
    max(substr(p.proof, 1, 1))
    || max(substr(p.proof, 2, 31))
    || cast(1000000000 + p.mapping_id as varchar(10))
  end as proof
from part_progress p
where p.part_count > 1
group by p.batch, p.person_id, p.course_id, p.mapping_id, p.part_count
