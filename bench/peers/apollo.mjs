// Apollo Server, standalone: https://www.apollographql.com/docs/apollo-server

import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

import { loaders, resolvers } from './loaders.mjs'
import { PORT, typeDefs } from './schema.mjs'

const server = new ApolloServer({ typeDefs, resolvers, introspection: false })

await startStandaloneServer(server, { context: async () => loaders(), listen: { port: PORT, host: '127.0.0.1' } })
