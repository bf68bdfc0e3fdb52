import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
async function*n(e,t){if(e.stream!==void 0)return yield*e.stream(t);let r=await e.read(t);r!==void 0&&(yield r)}export{n as a};
