// Grafserv with Grafast plans: https://grafast.org

import { createServer } from 'node:http'

import { access, constant, lambda, loadOne, makeGrafastSchema } from 'grafast'
import { grafserv } from 'grafserv/node'

import { byIds, PORT, query, typeDefs } from './schema.mjs'

// Grafast uses it, and Node has it from 22 on.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((...both) => { [resolve, reject] = both })
  return { promise, resolve, reject }
}

const users = (ids) => byIds('/users', ids)
const posts = (ids) => byIds('/posts', ids)

const schema = makeGrafastSchema({
  typeDefs,
  objects: {
    Query: {
      plans: {
        posts: () => lambda(null, query.posts),
        comments: () => lambda(null, query.comments),
        greet: () => constant(query.greet())
      }
    },
    Post: { plans: { user: ($post) => loadOne(access($post, 'userId'), users) } },
    Comment: { plans: { post: ($comment) => loadOne(access($comment, 'postId'), posts) } }
  }
})

const server = createServer()
await grafserv({ schema, preset: { grafserv: { graphiql: false } } }).addTo(server)
server.listen(PORT, '127.0.0.1')
