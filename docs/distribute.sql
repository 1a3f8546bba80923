-- Splits an empty, migrated database over the nodes of a Citus cluster.
-- Run once, by psql, on the coordinator. What it changes and what is untried: docs/scale.md.

\set ON_ERROR_STOP on
begin;

-- Otherwise the first table that is split drags everything tied to it by foreign keys along.
set local citus.enable_local_reference_table_foreign_keys to off;

-- 1. Reference tables: small, read everywhere, whole on each node. Parents first.
select create_reference_table('area');
select create_reference_table('organisation');
select create_reference_table('account');
select create_reference_table('membership');
select create_reference_table('session');
select create_reference_table('invitation');
select create_reference_table('second_factor');
select create_reference_table('recovery_code');
select create_reference_table('throttle');
select create_reference_table('identity');

-- 2. Tenant tables: all rows of an enterprise on one shard. Parents first.
select create_distributed_table('enterprise', 'enterprise_id');
select create_distributed_table('performance', 'enterprise_id', colocate_with => 'enterprise');
select create_distributed_table('assessment', 'enterprise_id', colocate_with => 'enterprise');
select create_distributed_table('draft_item', 'enterprise_id', colocate_with => 'enterprise');
select create_distributed_table('sealed_sheet', 'enterprise_id', colocate_with => 'enterprise');
select create_distributed_table('nonconformity', 'enterprise_id', colocate_with => 'enterprise');
select create_distributed_table('evidence', 'enterprise_id', colocate_with => 'enterprise');

-- The chains of organisations lie among those of enterprises, under their own id.
select create_distributed_table('audit', 'enterprise_id', colocate_with => 'enterprise');

-- 3. Unique over all shards: distributed by what must be unique.
select create_distributed_table('credit_claim', 'credit_code', colocate_with => 'none');

-- 4. Left on the coordinator, which alone writes them: s_score, s_element, dirty, setting, migration.

commit;
