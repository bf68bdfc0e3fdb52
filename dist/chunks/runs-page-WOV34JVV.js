import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{A as o,E as r,k as t,s}from"./chunk-TXVXW3EB.js";import"./chunk-D5X673HY.js";var e=r({workflow_runs:o(r({id:s().int(),html_url:t(),status:t().nullish(),updated_at:t()}))});export{e as RunsPage};
