// mercurius with its jit and its loaders: https://mercurius.dev
// DEDUPE=on adds mercurius-cache with ttl 0, which shares what is under way and keeps nothing.

import Fastify from 'fastify'
import mercurius from 'mercurius'
import cache from 'mercurius-cache'

import { byIds, PORT, query, typeDefs } from './schema.mjs'

const app = Fastify()

app.register(mercurius, {
  schema: typeDefs,
  resolvers: { Query: query },
  loaders: {
    Post: { user: (queries) => byIds('/users', distinct(queries, 'userId')).then(spread(queries, 'userId')) },
    Comment: { post: (queries) => byIds('/posts', distinct(queries, 'postId')).then(spread(queries, 'postId')) }
  },
  jit: 1
})

if (process.env.DEDUPE === 'on') app.register(cache, { ttl: 0, policy: { Query: { posts: true, comments: true } } })

// mercurius hands a loader every parent; it shares parents that are the same, not keys that are.
function distinct (queries, key) {
  return [...new Set(queries.map(({ obj }) => obj[key]))]
}

function spread (queries, key) {
  return (rows) => {
    const found = new Map(rows.map((row) => [row?.id, row]))
    return queries.map(({ obj }) => found.get(obj[key]) ?? null)
  }
}

await app.listen({ port: PORT, host: '127.0.0.1' })
