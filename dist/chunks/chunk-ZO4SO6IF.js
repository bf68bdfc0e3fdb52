import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{A as s,E as t,K as a,k as e,s as r}from"./chunk-TXVXW3EB.js";var i=t({schema:a("sluice.stacks/v1"),system:e(),environment:e(),stacks:s(t({name:e(),dependsOn:s(e()),resources:r().int(),holds:s(e()).optional()}))});export{i as a};
