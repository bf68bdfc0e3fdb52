// Made of functions/src by "node build.ts".

// src/start-worker.ts
import { createHash } from "node:crypto";
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";

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

// src/start-worker.ts
var ec2 = new EC2Client({});
async function handler() {
  const template = variable("DETECTOR_ID");
  const there = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [{ Name: "tag:aws:ec2launchtemplate:id", Values: [template] }]
    })
  );
  const machines = (there.Reservations ?? []).flatMap(({ Instances: Instances2 = [] }) => Instances2);
  const running = machines.find(({ State }) => State?.Name === "pending" || State?.Name === "running");
  if (running !== void 0) return json(200, { instance: running.InstanceId, state: running.State?.Name });
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId: template, Version: "$Latest" },
      MinCount: 1,
      MaxCount: 1,
      ClientToken: token(
        template,
        machines.map(({ InstanceId = "" }) => InstanceId),
        Date.now()
      )
    })
  );
  return json(202, { instance: Instances[0]?.InstanceId, state: "pending" });
}
function token(template, ended, now) {
  const past = createHash("sha256").update(ended.toSorted().join()).digest("hex").slice(0, 16);
  return `${template}-${Math.floor(now / 5e3)}-${past}`;
}
export {
  handler,
  token
};
