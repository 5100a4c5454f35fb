"""What was published: papers, data sets and claims as checked data, and questions to them."""
