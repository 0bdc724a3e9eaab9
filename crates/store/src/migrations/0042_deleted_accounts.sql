-- Those of whom one has to stay.
CREATE INDEX users_in_charge ON users (id) WHERE role = 'BIGBOSS';
