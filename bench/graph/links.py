"""Every edge between two records."""

from __future__ import annotations

from bench.graph import blog
from patchbay.links import link, listing

all_posts = listing(blog.posts)
user_of_post = link(blog.users_by_ids, key="user_id")
post_of_comment = link(blog.posts_by_ids, key="post_id")
