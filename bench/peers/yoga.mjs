// GraphQL Yoga with graphql-jit: https://the-guild.dev/graphql/yoga-server

import { createServer } from 'node:http'

import { useGraphQlJit } from '@envelop/graphql-jit'
import { createSchema, createYoga } from 'graphql-yoga'

import { loaders, resolvers } from './loaders.mjs'
import { PORT, typeDefs } from './schema.mjs'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: loaders,
  plugins: [useGraphQlJit()],
  graphiql: false,
  logging: false
})

createServer(yoga).listen(PORT, '127.0.0.1')
