/** RDS has one name for its main user in every database of ours. */
export const DATABASE_USER = 'sluice'
