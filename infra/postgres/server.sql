-- Nobody but a superuser has business in the databases that come with the server.
revoke all on database postgres, template1 from public;
