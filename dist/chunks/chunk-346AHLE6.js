import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{Cb as r,Hc as a,fc as s,kc as t,va as e}from"./chunk-TZB6SKJ7.js";var i=t({schema:a("sluice.stacks/v1"),system:e(),environment:e(),stacks:s(t({name:e(),dependsOn:s(e()),resources:r().int(),holds:s(e()).optional()}))});export{i as a};
