-- Mappings all of whose parts are complete. Of several parts the worst level counts, and the last of the
-- statements; of one part its statement. 10 digits of the mapping are added: of equal proofs the oldest
-- mapping speaks.
select
  p.batch as batch,
  p.person_id as person_id,
  p.course_id as course_id,
  p.mapping_id as mapping_id,
  max(substr(p.proof, 1, 1))
    || max(substr(p.proof, 2, 31))
    || cast(1000000000 + p.mapping_id as varchar(10)) as proof
from part_complete p
group by p.batch, p.person_id, p.course_id, p.mapping_id, p.part_count
having count(*) = p.part_count
