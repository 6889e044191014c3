// What a front end has in its codegen.ts; the addresses stand in the environment here.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.GRAPH_URL,
  documents: ["./codegen/usage.ts"],
  generates: {
    "./codegen/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: { hashAlgorithm: "sha256" } },
      config: { scalars: { SafeInt: "number", DateTime: "string" }, useTypeImports: true },
    },
  },
};

export default config;
