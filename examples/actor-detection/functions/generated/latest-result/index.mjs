// Made of functions/src by "node build.ts".

// src/latest-result.ts
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";

// src/http.ts
function json(statusCode, body) {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body)
  };
}
function variable(name) {
  const value = process.env[name];
  if (value === void 0 || value === "") throw new Error(`${name} is not set`);
  return value;
}

// src/latest-result.ts
var s3 = new S3Client({});
async function handler() {
  const Bucket = variable("PROCESSED_BUCKET");
  const newest = await newestIn(Bucket, variable("PREFIX"));
  if (newest === void 0) return json(404, { error: "no video has been processed yet" });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest.key }));
  return json(200, await Body?.transformToString() ?? "{}");
}
async function newestIn(Bucket, Prefix) {
  let newest;
  let ContinuationToken;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix, ...ContinuationToken ? { ContinuationToken } : {} })
    );
    for (const { Key = "", LastModified } of page.Contents ?? []) {
      const at = LastModified?.getTime() ?? 0;
      if (Key.endsWith(".json") && (newest === void 0 || at > newest.at)) newest = { key: Key, at };
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== void 0);
  return newest;
}
export {
  handler
};
