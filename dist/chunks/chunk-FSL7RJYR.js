import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{g as t,k as o,u as e}from"./chunk-5XXFR2IT.js";var s=e({id:o().int(),login:t(),type:t().default("User")});async function i(r){let a=e({viewer:e({databaseId:o().int()})});return(await r.query("{ viewer { databaseId } }",a)).viewer.databaseId}export{s as a,i as b};
