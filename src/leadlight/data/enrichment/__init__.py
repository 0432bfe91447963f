"""What can be known of a lead from a table of companies, a mailbox and a job title, all of it local."""
