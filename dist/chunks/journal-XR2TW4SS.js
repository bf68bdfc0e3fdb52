import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-ZN7YB7P4.js";import"./chunk-ZLNMQCBZ.js";import"./chunk-5HUZH3O3.js";import"./chunk-D5X673HY.js";export{a as beginJournal,b as readJournal,c as reportInterrupted};
