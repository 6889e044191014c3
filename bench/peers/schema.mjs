// The schema of all peers, and what every resolver of them reads from.

import { Pool } from 'undici'

export const PORT = Number(process.env.PORT)
const pool = new Pool(process.env.UPSTREAM, { connections: 64 })

export const typeDefs = /* GraphQL */ `
  type User { id: Int! name: String! username: String! email: String! phone: String website: String }
  type Post { id: Int! userId: Int! title: String! body: String! user: User }
  type Comment { id: Int! body: String! post: Post }
  type Query { posts: [Post] comments: [Comment] greet: String! }
`

export async function get(path) {
  const { body } = await pool.request({ method: 'GET', path })
  return body.json()
}

// One row, or null, for each id, in the ids' order.
export async function byIds(path, ids) {
  const rows = await get(`${path}?${ids.map((id) => `id=${id}`).join('&')}`)
  const found = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => found.get(id) ?? null)
}

export const query = {
  posts: () => get('/posts'),
  comments: () => get('/comments'),
  greet: () => 'Hello World!'
}
