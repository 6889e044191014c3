// Edges through DataLoader, for servers without loaders of their own.

import DataLoader from 'dataloader'

import { byIds, query } from './schema.mjs'

// Loaders of one request.
export const loaders = () => ({
  users: new DataLoader((ids) => byIds('/users', ids)),
  posts: new DataLoader((ids) => byIds('/posts', ids))
})

export const resolvers = {
  Query: query,
  Post: { user: (post, _, { users }) => users.load(post.userId) },
  Comment: { post: (comment, _, { posts }) => posts.load(comment.postId) }
}
