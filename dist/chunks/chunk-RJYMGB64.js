import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{E as e,k as t,s as o}from"./chunk-TXVXW3EB.js";var s=e({id:o().int(),login:t(),type:t().default("User")});async function i(r){let a=e({viewer:e({databaseId:o().int()})});return(await r.query("{ viewer { databaseId } }",a)).viewer.databaseId}export{s as a,i as b};
