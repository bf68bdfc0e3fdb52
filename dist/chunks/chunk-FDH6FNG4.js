import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{A as a,g as e,k as r,r as s,u as t}from"./chunk-5XXFR2IT.js";var i=t({schema:a("sluice.stacks/v1"),system:e(),environment:e(),stacks:s(t({name:e(),dependsOn:s(e()),resources:r().int(),holds:s(e()).optional()}))});export{i as a};
