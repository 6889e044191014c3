// Signs standard input as GitHub does, with the secret in the first argument; prints the header's value.
import { sign } from "@octokit/webhooks-methods";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
process.stdout.write(await sign(process.argv[2], Buffer.concat(chunks).toString("utf8")));
