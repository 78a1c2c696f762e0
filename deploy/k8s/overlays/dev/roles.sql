-- A role for each service with a store: it may make its schema, and do nothing outside it.
revoke all on database baton from public;
create role baton_scoring login password 'only-for-trying-out';
create role baton_router login password 'only-for-trying-out';
create role baton_sla_monitor login password 'only-for-trying-out';
grant connect, create, temporary on database baton to baton_scoring, baton_router, baton_sla_monitor;
