// Made of functions/src by "node build.ts".

// src/upload-url.ts
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

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

// src/upload.ts
var TYPES = {
  mp4: "video/mp4",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
  webm: "video/webm"
};
var NAME = /^\w[\w.-]{0,199}\.(?<end>mp4|mov|mkv|webm)$/;
function judgeUpload({ bucket = "", folder = "", filename = "", size = "" }, { buckets, prefix, largest }) {
  const refused = (status, error) => ({ kind: "refused", status, error });
  if (!buckets.includes(bucket))
    return refused(404, `there is no bucket ${bucket}; videos go to ${buckets[0]}`);
  if (`${folder}/` !== prefix)
    return refused(403, `nothing is uploaded to ${folder}/; videos go to ${prefix}`);
  const type = TYPES[NAME.exec(filename)?.groups?.["end"] ?? ""];
  if (type === void 0 || filename.includes("..")) {
    return refused(
      400,
      'the name of a video: letters, digits, ".", "_" and "-", then .mp4, .mov, .mkv or .webm'
    );
  }
  if (!/^[1-9]\d{0,14}$/.test(size)) {
    return refused(411, "say how many bytes the video has: ?size=1234");
  }
  const bytes = Number(size);
  if (bytes > largest) return refused(413, `a video has at most ${largest} bytes, this one ${bytes}`);
  return { kind: "accepted", key: `${prefix}${filename}`, type, size: bytes };
}

// src/upload-url.ts
var s3 = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED" });
async function handler({ pathParameters = {}, queryStringParameters = {} }) {
  const bucket = variable("RAW_BUCKET");
  const verdict = judgeUpload(
    {
      bucket: pathParameters["bucket"],
      folder: pathParameters["folder"],
      filename: pathParameters["filename"],
      size: queryStringParameters["size"]
    },
    {
      // The caller says `raw`, or the bucket's whole name.
      buckets: ["raw", bucket],
      prefix: variable("PREFIX"),
      largest: Number(variable("LARGEST"))
    }
  );
  if (verdict.kind === "refused") return json(verdict.status, { error: verdict.error });
  const { key, type, size } = verdict;
  const expiresIn = Number(variable("EXPIRES"));
  const put = new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: type, ContentLength: size });
  const signableHeaders = /* @__PURE__ */ new Set(["host", "content-type", "content-length"]);
  const url = await getSignedUrl(s3, put, { expiresIn, signableHeaders });
  return json(200, {
    url,
    method: "PUT",
    headers: { "content-type": type, "content-length": String(size) },
    key,
    expiresIn
  });
}
export {
  handler
};
