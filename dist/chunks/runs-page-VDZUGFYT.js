import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{g as t,k as s,r as o,u as r}from"./chunk-5XXFR2IT.js";import"./chunk-D5X673HY.js";var e=r({workflow_runs:o(r({id:s().int(),html_url:t(),status:t().nullish(),updated_at:t()}))});export{e as RunsPage};
