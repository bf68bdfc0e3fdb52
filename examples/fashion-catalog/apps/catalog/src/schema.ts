import { GraphQLError, type GraphQLSchema } from 'graphql'
import { createSchema } from 'graphql-yoga'
import { type FashionFile, type Files, type Filters, FURTHEST, MOST, type Page } from './files.ts'
import { type Found, MOST_FOUND, MOST_PICTURE_BYTES, MOST_TEXT, type Search, SearchError } from './search.ts'

const typeDefs = /* GraphQL */ `
  "A picture: multipart/form-data, as https://github.com/jaydenseric/graphql-multipart-request-spec says."
  scalar Upload

  "A product and where its picture lies."
  type FashionFile {
    id: ID!
    filename: String!
    s3Path: String!
    masterCategory: String!
    subCategory: String!
    articleType: String!
    baseColour: String!
    season: String!
    year: Int!
    usage: String!
    gender: String!
    productDisplayName: String!
    dataset: String!
    created_at: String!
  }

  type Found {
    "Cosine similarity, -1 to 1; the closest come first."
    score: Float!
    file: FashionFile!
  }

  type Query {
    "By id; limit at most ${MOST}, offset at most ${FURTHEST}."
    allFiles(limit: Int! = 50, offset: Int! = 0): [FashionFile!]!
    "Those for which all that is given holds."
    filesByFilters(
      masterCategory: String
      gender: String
      baseColour: String
      season: String
      year: Int
      limit: Int! = 50
      offset: Int! = 0
    ): [FashionFile!]!
    "Products whose pictures show what the text says: red watch for women."
    searchByText(text: String!, limit: Int! = 20): [Found!]!
    "Products whose pictures look like this one."
    searchByImage(image: Upload!, limit: Int! = 20): [Found!]!
  }
`

export function catalogSchema(files: Files, search: Search): GraphQLSchema {
  return createSchema({
    typeDefs,
    resolvers: {
      Query: {
        allFiles: (_: unknown, page: Page): Promise<FashionFile[]> => files.find({}, checked(page)),
        filesByFilters: (_: unknown, { limit, offset, ...filters }: Filters & Page): Promise<FashionFile[]> =>
          files.find(withoutNul(filters), checked({ limit, offset })),
        searchByText: (_: unknown, { text, limit }: { text: string; limit: number }): Promise<Found[]> => {
          between('limit', limit, 1, MOST_FOUND)
          between('length of text', text.trim().length, 1, MOST_TEXT)
          return told(search.byText(text, limit))
        },
        searchByImage: async (_: unknown, { image, limit }: { image: unknown; limit: number }) => {
          between('limit', limit, 1, MOST_FOUND)
          if (!isUpload(image)) throw refused('image is no uploaded file')
          if (image.size > MOST_PICTURE_BYTES)
            throw refused(
              `image has ${image.size} bytes; a picture of at most ${MOST_PICTURE_BYTES} bytes is taken`,
            )
          return told(search.byPicture(new Uint8Array(await image.arrayBuffer()), limit))
        },
      },
    },
  })
}

/** Not by its class: the server of GraphQL brings its own. */
function isUpload(value: unknown): value is Pick<Blob, 'size' | 'arrayBuffer'> {
  return typeof value === 'object' && value !== null && 'arrayBuffer' in value && 'size' in value
}

function checked(page: Page): Page {
  between('limit', page.limit, 1, MOST)
  between('offset', page.offset, 0, FURTHEST)
  return page
}

function between(name: string, value: number, least: number, most: number): void {
  if (value < least || value > most) throw refused(`${name} is ${value}; expected ${least} to ${most}`)
}

/** PostgreSQL has no text with NUL: what holds it is equal to nothing. */
function withoutNul(filters: Filters): Filters {
  for (const [name, value] of Object.entries(filters))
    if (typeof value === 'string' && value.includes('\0')) throw refused(`${name} holds a NUL character`)
  return filters
}

async function told(found: Promise<Found[]>): Promise<Found[]> {
  try {
    return await found
  } catch (error) {
    if (!(error instanceof SearchError)) throw error
    // With the error itself inside, the server would hide its message.
    if (error.status === 503) throw new GraphQLError(error.message, { extensions: { code: 'UNAVAILABLE' } })
    throw refused(error.message)
  }
}

const refused = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
