/** The main user of every database of ours, on every cloud. */
export const DATABASE_USER = 'sluice'
